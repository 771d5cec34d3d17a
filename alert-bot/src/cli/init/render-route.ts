/** What Alertmanager needs: a route of the bot's own, behind which people still hear everything. */
export function renderRoute(): string {
  return `# Into alertmanager.yml. The bot's route goes first; continue: true lets the routes after it, and so people, hear the alert too.
route:
  # your own settings stay: receiver, group_by, …
  routes:
    - receiver: alert-bot
      group_by: [alertname, project, service]
      group_wait: 1s
      group_interval: 10s
      # shorter than group_interval: what still fires is repeated at each interval, so that the bot hears of a relapse
      repeat_interval: 5s
      continue: true
    # your own routes stay here
receivers:
  # your own receivers stay
  - name: alert-bot
    webhook_configs:
      - url: http://alert-bot:5001/alert
        send_resolved: true
        max_alerts: 0
        # when the bot has ALERT_BOT_TOKEN:
        # http_config: { authorization: { credentials: the-same-token } }
`;
}
