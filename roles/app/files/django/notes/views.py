"""The guest book: writes to the primary database, reads from the replica."""
import socket

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from notes.models import Note


@require_GET
def index(request):
    notes = Note.objects.using("replica").order_by("-id").values_list("text", flat=True)[:50]
    return render(request, "notes/index.html", {"notes": notes, "host": socket.gethostname()})


@require_POST
def add(request):
    Note.objects.create(text=request.POST.get("text", "")[:200])
    response = redirect("/")
    response.status_code = 303
    return response


@require_GET
def health(request):
    Note.objects.using("replica").exists()
    return HttpResponse("ok\n", content_type="text/plain")
