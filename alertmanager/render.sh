#!/bin/sh
# Entrypoint of the Alertmanager container: writes its configuration for this environment and starts it. Plain POSIX sh with sed and awk,
# which is what the official image (busybox, user nobody, read-only root) has.
#
#   render.sh [Alertmanager's arguments]   render, then become Alertmanager
#   render.sh --only                       render and print the path of the result
#
# Variables; an empty one counts as unset, and each secret may come as NAME_FILE with its value in a file:
#   ALERT_BOT_TOKEN     bearer token for the bot's webhook
#   SLACK_WEBHOOK_URL   switches Slack on
#   SMTP_URL            switches mail on, together with MAIL_TO: smtp://[user:password@]host[:port] or smtps://…, percent-encoded.
#                       With a user, TLS is required, so that no password travels in the clear.
#   MAIL_TO, MAIL_FROM  addresses; MAIL_FROM defaults to alertmanager@<host>
#   ALERT_BOT_URL       the bot's webhook (default http://alert-bot:5001/alert)
#   RENDER_DIR          where to write, a tmpfs (default /tmp/alertmanager); ALERTMANAGER_BIN (default /bin/alertmanager)
#
# Secrets never enter the configuration: they go into files that only this user can read, and the configuration names the files.
set -eu
umask 077
source_dir=$(cd "$(dirname "$0")" && pwd)
out=${RENDER_DIR:-/tmp/alertmanager}

fail() {
  echo "alertmanager configuration: $*" >&2
  exit 2
}

# secret NAME: prints the value of $NAME or the content of the file that $NAME_FILE names; nothing when neither is set
secret() {
  eval "value=\${$1:-} file=\${$1_FILE:-}"
  if [ -z "$file" ]; then
    printf '%s' "$value"
    return
  fi
  [ -z "$value" ] || fail "$1 is set together with $1_FILE; set only one of them"
  [ -r "$file" ] || fail "cannot read $file, named by $1_FILE; check the path and its permissions"
  value=$(cat "$file")
  [ -n "$value" ] || fail "$file, named by $1_FILE, is empty; put the secret into it"
  printf '%s' "$value"
}

# one_line NAME VALUE: refuses what could not be one value of a header, a URL or a YAML scalar
one_line() {
  case $2 in
    *"
"*) fail "$1 has more than one line" ;;
  esac
}

# quoted VALUE: a YAML single-quoted scalar
quoted() {
  printf "'%s'" "$(printf '%s' "$1" | sed "s/'/''/g")"
}

# percent_decoded VALUE: through awk's environment, which leaves backslashes alone
percent_decoded() {
  LC_ALL=C ENCODED=$1 awk 'BEGIN {
    rest = ENVIRON["ENCODED"]
    while (match(rest, /%[0-9A-Fa-f][0-9A-Fa-f]/)) {
      high = index("0123456789abcdef", tolower(substr(rest, RSTART + 1, 1))) - 1
      low = index("0123456789abcdef", tolower(substr(rest, RSTART + 2, 1))) - 1
      printf "%s%c", substr(rest, 1, RSTART - 1), high * 16 + low
      rest = substr(rest, RSTART + 3)
    }
    printf "%s", rest
  }'
}

# Each block below is a file next to the result; the marker `#@name` in config.yml becomes its content, indented like the marker.
bot_authorization() {
  token=$(secret ALERT_BOT_TOKEN)
  [ -n "$token" ] || return 0
  one_line ALERT_BOT_TOKEN "$token"
  printf '%s' "$token" >"$out/bot-token"
  cat <<BLOCK
http_config:
  authorization:
    type: Bearer
    credentials_file: $(quoted "$out/bot-token")
BLOCK
}

slack() {
  url=$(secret SLACK_WEBHOOK_URL)
  [ -n "$url" ] || return 0
  one_line SLACK_WEBHOOK_URL "$url"
  case $url in
    http://?* | https://?*) ;;
    *) fail 'SLACK_WEBHOOK_URL does not begin with https://' ;;
  esac
  printf '%s' "$url" >"$out/slack-url"
  cat <<BLOCK
slack_configs:
  - api_url_file: $(quoted "$out/slack-url")
    send_resolved: true
    title: '{{ template "stack.title" . }}'
    title_link: '{{ template "stack.link" . }}'
    text: '{{ template "stack.slack" . }}'
    fallback: '{{ template "stack.title" . }}'
    color: '{{ template "stack.color" . }}'
BLOCK
}

mail() {
  url=$(secret SMTP_URL)
  [ -n "$url" ] || return 0
  one_line SMTP_URL "$url"
  one_line MAIL_TO "${MAIL_TO:-}"
  one_line MAIL_FROM "${MAIL_FROM:-}"
  [ -n "${MAIL_TO:-}" ] || fail 'SMTP_URL is set but MAIL_TO is not; say who gets the mail'
  case $url in
    smtp://?*) port=587 ;;
    smtps://?*) port=465 ;;
    *) fail 'SMTP_URL does not begin with smtp:// or smtps://' ;;
  esac
  rest=${url#*://}
  rest=${rest%%[/?]*}
  user='' password=''
  case $rest in
    *@*)
      user=${rest%@*}
      rest=${rest##*@}
      case $user in *:*) password=${user#*:} user=${user%%:*} ;; esac
      ;;
  esac
  host=$rest
  case $rest in
    *]) ;;
    *:*) port=${rest##*:} host=${rest%:*} ;;
  esac
  [ -n "$host" ] || fail 'SMTP_URL names no host'
  case $port in
    '' | *[!0-9]*) fail 'the port in SMTP_URL is not a number' ;;
  esac
  # Alertmanager speaks TLS from the first byte on port 465 only
  case $url in smtps://*) [ "$port" = 465 ] || fail 'smtps:// works on port 465 only; use smtp:// (STARTTLS) for other ports' ;; esac
  cat <<BLOCK
email_configs:
  - to: $(quoted "$MAIL_TO")
    from: $(quoted "${MAIL_FROM:-alertmanager@$host}")
    smarthost: $(quoted "$host:$port")
    send_resolved: true
    headers: { Subject: '{{ template "stack.title" . }}' }
    html: ''
    text: '{{ template "stack.mail" . }}'
BLOCK
  if [ -n "$user" ]; then
    percent_decoded "$password" >"$out/smtp-password"
    cat <<BLOCK
    require_tls: true
    auth_username: $(quoted "$(percent_decoded "$user")")
    auth_password_file: $(quoted "$out/smtp-password")
BLOCK
  else
    echo '    require_tls: false'
  fi
}

# insert BLOCKS into config.yml, with absolute paths to the templates and the bot's address
assemble() {
  URL=${ALERT_BOT_URL:-http://alert-bot:5001/alert}
  one_line ALERT_BOT_URL "$URL"
  URL=$(quoted "$URL") DIR=$source_dir OUT=$out awk '
    /^ *#@/ {
      indent = $0; sub(/#@.*/, "", indent)
      name = $0; sub(/^ *#@/, "", name)
      while ((getline line < (ENVIRON["OUT"] "/block-" name)) > 0) print indent line
      close(ENVIRON["OUT"] "/block-" name)
      next
    }
    /^ *- url: http:\/\/alert-bot:5001\/alert$/ { sub(/url: .*/, ""); print $0 "url: " ENVIRON["URL"]; next }
    /^  - templates\// { sub(/- .*/, ""); print $0 "- " ENVIRON["DIR"] "/templates/*.tmpl"; next }
    { print }
  ' "$source_dir/config.yml"
}

mkdir -p "$out"
rm -f "$out"/bot-token "$out"/slack-url "$out"/smtp-password
bot_authorization >"$out/block-bot-authorization"
slack >"$out/block-slack"
mail >"$out/block-mail"
assemble >"$out/config.yml"
rm -f "$out"/block-*

if [ "${1:-}" = --only ]; then
  echo "$out/config.yml"
  exit 0
fi
exec "${ALERTMANAGER_BIN:-/bin/alertmanager}" --config.file="$out/config.yml" "$@"
