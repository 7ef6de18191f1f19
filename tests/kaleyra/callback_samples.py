"""The callback body of Kaleyra's documentation, and readers for tests."""

import json

from invocations.kaleyra.callback_body import read_callback

CHANNEL1 = {
    "createdAt": "2024-05-24T16:17:51.479884794Z",
    "from": "wasender",
    "to": "919620838XXX",
    "messageId": "9db24eba-eeae-41be-97a5-3ac45551ec1b",
    "clientMessageId": "0f6da8f1-923d-4995-a274-4830d09d8287",
    "channel": "whatsapp",
    "statusCode": "TIMEOUT",
    "timeout": "PT5S",
}
CHANNEL2 = CHANNEL1 | {"channel": "sms", "statusCode": "DELIVERED", "timeout": "PT15M"}
SAMPLE = {
    "workflowInvocationId": "4AhJXi67XXXXXXXXXXFyQT ",
    "executionStatus": "COMPLETED",
    "timestamp": "2024-05-24T16:18:01.379310507Z",
    "result": {"channel1": CHANNEL1, "channel2": CHANNEL2},
}
TEXT = json.dumps(SAMPLE)


def read(value):
    return read_callback(json.dumps(value).encode())


def result_of(*codes, **more):
    """The result of a callback whose channels have these codes; None leaves a channel out."""
    channels = {
        f"channel{n}": {"statusCode": code, **more}
        for n, code in enumerate(codes, start=1)
        if code is not None
    }
    return read({"workflowInvocationId": "A", "result": channels})
