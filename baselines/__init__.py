"""Which systems are known; they enter through the door of any plug-in."""
