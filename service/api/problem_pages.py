"""The pages behind the types of problem details: what each means, for whoever reads a program's log."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from service.api.problems import SLUGS
from service.errors import NotFound

router = APIRouter()

_PAGE = """\
<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: a problem of the API</title>
</head>
<body>
<main>
<h1>{title}</h1>
<p>The API of this service answers {status} with <code>/problems/{name}</code> as its type. {detail}</p>
<p><a href="/">First page</a></p>
</main>
</body>
</html>
"""


@router.api_route("/problems/{name}", methods=["GET", "HEAD"], include_in_schema=False, response_class=HTMLResponse)
def explain(name: str) -> HTMLResponse:
    """The page of one type. Raises NotFound for a type that there is not."""
    slug = SLUGS.get(name)
    if slug is None:
        raise NotFound
    words = {"name": slug.name, "title": slug.title, "status": str(slug.status), "detail": slug.detail}
    return HTMLResponse(_PAGE.format_map({key: escape(word) for key, word in words.items()}))
