"""What an admin page says after a form was sent."""


def messages_of(response):
    return " ".join(str(message) for message in response.context["messages"])


def errors(response):
    return str(response.context["adminform"].form.errors)
