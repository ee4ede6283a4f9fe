"""What every request passes through; the order stands in the settings."""

from core.middleware.language import LanguageMiddleware
from core.middleware.refusal import RefusalMiddleware

__all__ = ["LanguageMiddleware", "RefusalMiddleware"]
