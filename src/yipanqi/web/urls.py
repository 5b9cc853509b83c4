"""Addresses of the officers' door."""

from django.urls import path

from yipanqi.web.views import alerts, entrance, intake, journal, partners, seat, staff

urlpatterns = [
    path("", entrance.home, name="home"),
    path("login", entrance.login_view, name="login"),
    path("logout", entrance.logout_view, name="logout"),
    path("language", entrance.language, name="language"),
    path("password", entrance.password, name="password"),
    path("health/alive", entrance.alive, name="alive"),
    path("health/ready", entrance.ready, name="ready"),
    path("seat", seat.seat, name="seat"),
    path("seat/header", seat.header, name="seat_header"),
    path("seat/next", seat.next_call, name="seat_next"),
    path("seat/outcome", seat.outcome, name="seat_outcome"),
    path("seat/give-back", seat.back, name="seat_give_back"),
    path("seat/undo", seat.undo, name="seat_undo"),
    path("seat/unmask", seat.unmask, name="seat_unmask"),
    path("alerts", alerts.alerts, name="alerts"),
    path("alerts/export", alerts.export, name="alert_export"),
    path("alerts/<uuid:alert_id>", alerts.alert, name="alert_detail"),
    path("hotline", intake.hotline, name="hotline"),
    path("quarantine", intake.quarantine, name="quarantine"),
    path("quarantine/<uuid:row_id>", intake.quarantined, name="quarantine_detail"),
    path("imports", intake.imports, name="imports"),
    path("imports/template", intake.import_template, name="import_template"),
    path("journal", journal.journal, name="journal"),
    path("journal/verify", journal.verify, name="journal_verify"),
    path("partners", partners.partners, name="partners"),
    path("staff", staff.staff, name="staff"),
]
