"""How published rows were made, as data: `*.toml`, read through `recipes` and `recipe`."""

from .read import recipe, recipes
from .recipe import Gap, Recipe

__all__ = ["Gap", "Recipe", "recipe", "recipes"]
