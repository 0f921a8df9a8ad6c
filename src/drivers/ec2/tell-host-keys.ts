/**
 * Writes the machine's host keys to its console, in the form of cloud-init, before its SSH server lets anybody in. cloud-init's own
 * turn comes last, after our script, which waits for somebody who has signed in. It is run early, when the keys are not made yet: so
 * it is left to systemd to do it after that stage of cloud-init, which has another name from version 24.3 on. Once: at a later boot
 * code of a pull request may have been there before.
 */
export const tellHostKeys = `#!/bin/sh
# Made by Shining Wizard: tells the host keys of this machine on its console, at its first boot.
[ ! -e /var/lib/cloud/instance/sem/config_ssh ] || exit 0
exec systemd-run --quiet --collect --no-block --unit=shining-wizard-host-keys -p DefaultDependencies=no \\
  -p After=cloud-init.service -p After=cloud-init-network.service \\
  sh -c '{ printf "\\n%s\\n" "-----BEGIN SSH HOST KEY KEYS-----"; cat /etc/ssh/ssh_host_*_key.pub; echo "-----END SSH HOST KEY KEYS-----"; } >/dev/console'
`;
