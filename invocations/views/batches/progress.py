from invocations.views.base import render_page
def show_progress(request, batch):
    return render_page(request, "batches/not_yours.html", {})
