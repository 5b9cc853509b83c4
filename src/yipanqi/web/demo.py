"""The demo's officers: one login per desk, shown on the sign-in page of a demo and nowhere else. Needs no Django."""

DEMO_PASSWORD = "yipanqi-demo-2026"
DEMO_OFFICERS = {
    "operator": "operator",
    "station": "station_officer",
    "commander": "commander",
    "duty": "duty_officer",
    "funds": "funds_officer",
    "approver": "approver",
    "alliance": "alliance_officer",
    "auditor": "auditor",
    "appeal": "appeal_officer",
    "investigator": "investigator",
    "admin": "administrator",
}
