"""The partner API: its doors, each behind a gate of its own, and one shape for everything refused."""

from ninja import NinjaAPI

from yipanqi.api.v1 import answers, directives, reports, transfers, warnings
from yipanqi.api.v1.problems import answer_problems

api = NinjaAPI(
    title="yipanqi partner API",
    version="1",
    description="Warnings, reports, transfers and directives in. Calls are idempotent on your own `external_id`: "
    "repeat one safely after a lost answer.",
    urls_namespace="api_v1",
)
api.add_router("/warnings", warnings.router)
api.add_router("/reports", reports.router)
api.add_router("/transfers", transfers.router)
api.add_router("/answers", answers.router)
api.add_router("/directives", directives.router)
answer_problems(api)
