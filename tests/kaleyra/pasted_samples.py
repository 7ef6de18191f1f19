"""Commands and bodies that people paste: the seed's three samples, and one of ours."""

import pytest

from invocations.kaleyra.pasted import Pasted, PasteError, read
from invocations.kaleyra.payload import Send, build_payload, to_text

# The seed's three samples, as they stand there.
WITHOUT_PARAMS = """curl -X POST --location https://api.in.kaleyra.io/v1/HXXXXXXX071IN/workflow/v1/instances/00112233-4455-6677-XXXX-XXXXXXXXXXXX/invoke
--header "Content-Type: application/json"
--header "api-key: Axxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx3"
--data '{
"requestId" : "e574XXXa-ef19-11ef-b02c-833eaXXXXf1d",
"input" : {
"send1" : {
"recipient" : "91806XXXXX81"
},
"send2" : {
"recipient" : "91806XXXXX81"
}
}
}'
"""
WITH_PARAMS = """curl -X POST --location https://api.in.kaleyra.io/v1/HXXXXXXX071IN/workflow/v1/instances/00112233-4455-6677-XXXX-XXXXXXXXXXXX/invoke
--header 'Content-Type: application/json'
--header "api-key: Axxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx3"
--data '{
"requestId" : "e574XXXa-ef19-11ef-b02c-833eaXXXXf1d",
"input" : {
"send1" : {
"recipient" : "91806XXXXX81",
"templateParams": {
"1" : "User",
"2" : "1 year",
"3" : "15% discount"
}
},
"send2" : {
"recipient" : "91806XXXXX81",
"templateParams": {
"1" : "User",
"2" : "1 year",
"3" : "15% discount"
}
}
}
}'
"""
WITH_SPECIAL_PARAMS = """curl -X POST --location https://api.in.kaleyra.io/v1/HXXXXXXX071IN/workflow/v1/instances/00112233-4455-6677-XXXX-XXXXXXXXXXXX/invoke
--header 'Content-Type: application/json'
--header "api-key: Axxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx3"
--data '{
"requestId" : "e574XXXa-ef19-11ef-b02c-833eaXXXXf1d",
"input" : {
"send1" : {
"recipient" : "91806XXXXX81",
"templateParams": {
"#verification_code#" : "81XXX23"
}
},
"send2" : {
"recipient" : "91806XXXXX81"
}
}
}'
"""
URL = "https://api.eu.kaleyra.io/v1/HX01/workflow/v1/instances/wf-1/invoke"
SENDS = (Send("918061234581", {"01": "Asha's “gift”", "02": "5^2 < 30 \\ €"}), Send("918061234582"))
BODY = to_text(build_payload("e574", SENDS))
SIMPLE = (Send("91", {"1": "Asha"}),)
SIMPLE_BODY = (
    '{"requestId":"e574","input":{"send1":{"recipient":"91","templateParams":{"1":"Asha"}}}}'
)
CANARY = "Ac0ffeecanary0canary0canary0canary"


def error_of(text: str) -> PasteError:
    with pytest.raises(PasteError) as caught:
        read(text)
    return caught.value


def outcome(text: str) -> Pasted | PasteError:
    try:
        return read(text)
    except PasteError as error:
        return error


DOUBLE = SIMPLE_BODY.replace('"', '\\"')
