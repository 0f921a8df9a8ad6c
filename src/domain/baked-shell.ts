/**
 * Run in the container of a service, where its environment is set: does what its image does at a first start with these variables, and
 * leaves out where data lies already. Texts are quoted as MySQL does it in its plain mode, with backslashes.
 */
const accounts = String.raw`
value() { eval "set -- \"\$MARIADB_$1\" \"\$MYSQL_$1\""; if [ -n "$1" ]; then printf %s "$1"; else printf %s "$2"; fi; }
quoted() { printf "'%s'" "$(printf %s "$1" | sed 's/\\/\\\\/g' | sed "s/'/''/g")"; }
named() { printf "\`%s\`" "$(printf %s "$1" | sed "s/\`/\`\`/g")"; }
client=mysql
if command -v mariadb >/dev/null; then client=mariadb; fi
version=$("$client" --user=root --skip-column-names --batch --execute 'SELECT version()' </dev/null)
# MySQL 5 makes users by GRANT; later ones do not any more.
case $version in *[Mm]aria*) old=no ;; 5.*) old=yes ;; *) old=no ;; esac
account() { # USER HOST PASSWORD RIGHTS [OPTION]
  who="$(quoted "$1")@$(quoted "$2")"
  if [ "$old" = yes ]; then
    printf 'GRANT %s TO %s IDENTIFIED BY %s %s;\n' "$4" "$who" "$(quoted "$3")" "$5"
  else
    printf 'CREATE USER IF NOT EXISTS %s;\nALTER USER %s IDENTIFIED BY %s;\n' "$who" "$who" "$(quoted "$3")"
    printf 'GRANT %s TO %s %s;\n' "$4" "$who" "$5"
  fi
}
root=$(value ROOT_PASSWORD) host=$(value ROOT_HOST) database=$(value DATABASE) user=$(value USER) password=$(value PASSWORD)
empty=$(value ALLOW_EMPTY_PASSWORD)$(value ALLOW_EMPTY_ROOT_PASSWORD)
{
  printf "SET SESSION sql_mode = '';\n"
  if [ -n "$database" ]; then printf 'CREATE DATABASE IF NOT EXISTS %s;\n' "$(named "$database")"; fi
  if [ -n "$user" ] && [ "$user" != root ] && [ -n "$password" ]; then
    rights='USAGE ON *.*'
    if [ -n "$database" ]; then rights="ALL ON $(named "$database").*"; fi
    account "$user" % "$password" "$rights"
  fi
  if [ -n "$root$empty" ]; then
    case $host in
      "" | %) account root % "$root" 'ALL ON *.*' 'WITH GRANT OPTION' ;;
      *)
        printf "DROP USER 'root'@'%%';\n"
        [ "$host" = localhost ] || account root "$host" "$root" 'ALL ON *.*' 'WITH GRANT OPTION'
        ;;
    esac
    account root localhost "$root" 'ALL ON *.*' 'WITH GRANT OPTION'
  fi
} | "$client" --user=root`;

/** Data that lies ready in an image of ours; it needs no import, but the accounts of its environment. `setup` is the status for the operator. */
export const bakedShell = (setup: number): string => `
baked() { # SERVICE IMAGE
  if ! docker pull -q "$2" >/dev/null && ! docker image inspect "$2" >/dev/null 2>&1; then
    say "$1: the image with the data, $2, is not to be had"
    return ${setup}
  fi
  docker run --rm --label "shining-wizard=$1" --entrypoint cp -v "$root/$1/data:/to" "$2" -a /baked/. /to/
  docker run --rm --label "shining-wizard=$1" --entrypoint cat "$2" /baked-password >"$folder/$claim.settings/$1.baked"
  say "$1: the data is here, $(du -sh "$root/$1/data" | cut -f1)"
}
baked_accounts() { # SERVICE: its own users and passwords
  say "$1: making its own accounts"
  MYSQL_PWD=$(cat "$folder/$claim.settings/$1.baked") docker exec -i -e MYSQL_PWD "$1" sh -e <<'END'
${accounts}
END
}`;
