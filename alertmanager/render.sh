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
#   SMTP_URL            switches mail on, together with MAIL_TO: smtp://[user:password@]host[:port][?tls=off|required] or smtps://…,
#                       percent-encoded. With a user TLS is required unless the address ends in ?tls=off, so that no password travels
#                       in the clear.
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

# matches VALUE PATTERN: whether the whole value matches an extended regular expression, byte by byte
matches() {
  printf '%s\n' "$1" | LC_ALL=C grep -Eq "^($2)\$"
}

# Part of the name of a host
label='[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?'

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

# is_private URL: whether the host of an http address is not a public one
is_private() {
  host=${1#*://} host=${host%%[/?]*}
  case $host in \[*) host=${host%%\]*} host=${host#?} ;; *) host=${host%%:*} ;; esac
  case $host in
    ::1 | [Ff][CcDd]*:* | [Ff][Ee][89ABab]*:*) return 0 ;;
  esac
  matches "$host" '(127|10|192\.168|169\.254|172\.(1[6-9]|2[0-9]|3[01]))(\.[0-9]+)+' || matches "$host" '[A-Za-z0-9_-]+|.*\.(localhost|internal|local|lan|home\.arpa)'
}

slack() {
  url=$(secret SLACK_WEBHOOK_URL)
  [ -n "$url" ] || return 0
  one_line SLACK_WEBHOOK_URL "$url"
  case $url in http://* | https://*) ;; *) fail 'SLACK_WEBHOOK_URL does not begin with https://' ;; esac
  matches "$url" "https?://($label(\\.$label)*\\.?|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?([/?][A-Za-z0-9._~:/?@!\$&'()*+,;=%-]*)?" ||
    fail 'SLACK_WEBHOOK_URL must be an https address without a login, a fragment or blanks'
  case $url in
    https://*) ;;
    *) is_private "$url" || fail 'SLACK_WEBHOOK_URL must begin with https:// unless its host is private: the address is the secret' ;;
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

# is_ipv6 TEXT: groups of up to four hexadecimal digits, at most one `::`, perhaps an IPv4 address at the end
is_ipv6() {
  LC_ALL=C TEXT=$1 awk 'BEGIN {
    text = ENVIRON["TEXT"]
    if (text ~ /\./) {
      if (!match(text, /:[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/)) exit 1
      count = split(substr(text, RSTART + 1), bytes, ".")
      for (i = 1; i <= count; i++) if (bytes[i] !~ /^(0|[1-9][0-9]?[0-9]?)$/ || bytes[i] > 255) exit 1
      text = substr(text, 1, RSTART) "0:0"
    }
    short = gsub(/::/, ":_:", text)
    if (short > 1 || text ~ /::/) exit 1
    sub(/^:_/, "_", text); sub(/_:$/, "_", text)
    groups = split(text, group, ":")
    for (i = 1; i <= groups; i++) if (group[i] != "_" && group[i] !~ /^[0-9A-Fa-f][0-9A-Fa-f]?[0-9A-Fa-f]?[0-9A-Fa-f]?$/) exit 1
    exit short ? groups > 8 : groups != 8
  }'
}

# Addresses of mail servers. The bot reads SMTP_URL too (alert-bot/src/notify/smtp-address.ts): the same rules, held together by a table of
# examples that both are tested with. Stricter than URL parsers: what could mean something else has to be percent-encoded.
hex='[0-9A-Fa-f]'
tail="%[89ABab]$hex"
# The percent-encoding of one character in UTF-8, but for control characters
escape="%[2-6]$hex|%7[0-9A-Ea-e]|%[Cc][2-9A-Fa-f]$tail|%[Dd]$hex$tail|%[Ee]0%[ABab]$hex$tail|%[Ee][1-9A-CEFa-cef]$tail$tail|%[Ee][Dd]%[89]$hex$tail"
escape="$escape|%[Ff]0%[9ABab]$hex$tail$tail|%[Ff][1-3]$tail$tail$tail|%[Ff]4%8$hex$tail$tail"
letter="[A-Za-z0-9._~!\$&'()*+,;=-]"
escapes='in the user and the password write # as %23, / as %2F, ? as %3F, @ as %40, % as %25 and a space as %20'
not_an_address="SMTP_URL is not an address like smtp://user:password@host:587; $escapes"

# parse_smtp URL: sets implicit (yes or nothing), tls (required, off or nothing), user, password (both still encoded), host and port
parse_smtp() {
  user='' password='' login='' implicit='' tls=''
  [ "${#1}" -le 2048 ] || fail "$not_an_address"
  case $1 in
    smtp://*) port=587 ;;
    smtps://*) port=465 implicit=yes ;;
    *) fail 'SMTP_URL does not begin with smtp:// or smtps://' ;;
  esac
  rest=${1#*://}
  case $rest in
    *'?tls=required') tls=required ;;
    *'?tls=off') tls=off ;;
  esac
  [ -z "$tls" ] || rest=${rest%"?tls=$tls"}
  rest=${rest%/}
  case $rest in *@*) login=${rest%@*} rest=${rest##*@} user=${login%%:*} ;; esac
  case $login in *:*) password=${login#*:} ;; esac
  case $1 in
    *@*)
      matches "$user" "($letter|%)*" && matches "$password" "($letter|[%:])*" || fail "$not_an_address"
      matches "$user" "($letter|$escape)*" && matches "$password" "($letter|:|$escape)*" ||
        fail "SMTP_URL is not an address: a % does not begin the code of a character; $escapes"
      [ -n "$user" ] && [ -n "$password" ] || fail 'SMTP_URL needs a user and a password before the @, or neither'
      ;;
  esac
  case $rest in '' | [:/?]*) fail 'SMTP_URL names no host' ;; esac
  host=$rest
  case $rest in
    \[*\]) ;;
    *:*) port=${rest##*:} host=${rest%:*} ;;
  esac
  case $host in
    \[*\])
      host=${host#?} host=${host%?}
      is_ipv6 "$host" || fail 'SMTP_URL has brackets around what is no IPv6 address'
      host="[$host]"
      ;;
    *) matches "$host" "$label(\\.$label)*\\.?" || fail "$not_an_address" ;;
  esac
  matches "$port" '[1-9][0-9]{0,4}' && [ "$port" -le 65535 ] || fail 'the port in SMTP_URL is not a number from 1 to 65535'
  [ "$port" != 465 ] || implicit=yes
  [ "$implicit$tls" != yesoff ] || fail 'SMTP_URL asks for TLS and for tls=off'
}

# One address, and several with commas between them; as alert-bot/src/notify/mail-addresses.ts
mailbox="[A-Za-z0-9.!#\$%&'*+/=?^_\`{|}~-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?"
one_address=" *($mailbox|(\"[^\"\\\\]*\"|[^]\"<>,;:@()[\\\\]*) *<$mailbox>) *"

mail() {
  url=$(secret SMTP_URL)
  [ -n "$url" ] || return 0
  one_line SMTP_URL "$url"
  one_line MAIL_TO "${MAIL_TO:-}"
  one_line MAIL_FROM "${MAIL_FROM:-}"
  [ -n "${MAIL_TO:-}" ] || fail 'SMTP_URL is set but MAIL_TO is not; say who gets the mail'
  parse_smtp "$url"
  matches "$MAIL_TO${MAIL_FROM:-}" '[^[:cntrl:]]*' || fail 'MAIL_TO and MAIL_FROM must be plain text'
  matches "$MAIL_TO" "$one_address(,$one_address)*" || fail 'MAIL_TO must be an address, or several with commas between them'
  matches "${MAIL_FROM:-a@b}" "$one_address" || fail 'MAIL_FROM must be one address, such as Alerts <alerts@example.org>'
  # Alertmanager speaks TLS from the first byte on port 465 only
  [ -z "$implicit" ] || [ "$port" = 465 ] || fail 'SMTP_URL with smtps:// works on port 465 only; use smtp:// (STARTTLS) for other ports'
  case $host in \[*) domain=localhost ;; *) domain=$host ;; esac
  cat <<BLOCK
email_configs:
  - to: $(quoted "$MAIL_TO")
    from: $(quoted "${MAIL_FROM:-alertmanager@$domain}")
    smarthost: $(quoted "$host:$port")
    send_resolved: true
    headers: { Subject: '{{ template "stack.title" . }}' }
    html: ''
    text: '{{ template "stack.mail" . }}'
BLOCK
  case $tls$user in
    '' | off*) echo '    require_tls: false' ;;
    *) echo '    require_tls: true' ;;
  esac
  [ -n "$user" ] || return 0
  percent_decoded "$password" >"$out/smtp-password"
  cat <<BLOCK
    auth_username: $(quoted "$(percent_decoded "$user")")
    auth_password_file: $(quoted "$out/smtp-password")
BLOCK
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
