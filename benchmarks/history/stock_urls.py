"""A change list as one writes it on the first day."""

from django.contrib import admin
from django.urls import path

from invocations.models import Invocation


@admin.register(Invocation)
class StockAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = [
        "recipient_hint",
        "created_at",
        "workflow_instance",
        "created_by",
        "reference",
        "status",
        "delivery",
    ]
    list_select_related = ["workflow_instance", "created_by"]
    list_filter = ["status", "delivery", "deciding_channel", "http_status"]
    search_fields = ["request_id", "workflow_invocation_id", "reference", "recipient_hint"]
    date_hierarchy = "created_at"
    list_per_page = 50


urlpatterns = [path("stock/", admin.site.urls)]
