"""What is asked, and how the answer is graded."""
