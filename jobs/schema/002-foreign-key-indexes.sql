-- A row that is deleted is looked for in every column that refers to its table: without an index, by reading the whole of
-- the other table. The primary and unique keys and the indexes of 001 lead with the columns that are not here.

CREATE INDEX credentials_org ON credentials (organization_id);
CREATE INDEX credentials_owner ON credentials (owner_user_id);
-- The largest table, and most of its rows are no organization's: = implies IS NOT NULL, so the partial index serves.
CREATE INDEX audit_logs_org ON audit_logs (organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX projects_org ON projects (organization_id);
CREATE INDEX invitations_project ON invitations (project_id);
CREATE INDEX invitations_inviter ON invitations (invited_by_id);
CREATE INDEX uploads_uploader ON uploads (uploaded_by);
CREATE INDEX notifications_project ON notifications (project_id);
CREATE INDEX email_queue_user ON notification_email_queue (user_id);
CREATE INDEX email_items_notification ON notification_email_items (notification_id);
CREATE INDEX payment_reminders_recipient ON payment_reminders (recipient_user_id);
CREATE INDEX deliverables_project ON deliverables (project_id);
CREATE INDEX analytics_metrics_user ON analytics_metrics (user_id);
CREATE INDEX zakat_payments_user ON zakat_payments (user_id);
CREATE INDEX annual_summaries_user ON annual_summaries (user_id);
CREATE INDEX reminder_events_snapshot ON reminder_events (related_snapshot_id);
CREATE INDEX security_incidents_org ON security_incidents (organization_id);

-- No key, but the same search: a deleted user's address is taken out of the mails that were sent.
CREATE INDEX outbox_recipient ON outbox (recipient);
