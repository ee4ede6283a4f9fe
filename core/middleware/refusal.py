from django.http import HttpResponse

from core.errors import DomainError


class RefusalMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        return HttpResponse(str(exception), status=exception.status) if isinstance(exception, DomainError) else None
