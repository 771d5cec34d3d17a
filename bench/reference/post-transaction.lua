wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"accountId":"acc-1","amount":"12.50","currency":"EUR","description":"coffee"}'
