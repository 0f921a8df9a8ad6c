# A cloud's plain Debian image: systemd, cloud-init, sshd, and no Docker Engine.
ARG BASE
FROM ${BASE}
RUN printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d \
 && apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      systemd systemd-sysv dbus udev kmod openssh-server cloud-init sudo python3 python3-apt \
      iproute2 iputils-ping netbase ca-certificates curl procps rsync git xz-utils iptables jq \
 && rm -f /usr/sbin/policy-rc.d /etc/ssh/ssh_host_* /etc/machine-id && touch /etc/machine-id \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
# On EC2 cloud-init knows where it is by the identity that the hypervisor shows. A container has no hypervisor: here it is a file.
RUN sed -i 's#"/sys/hypervisor/uuid"#"/etc/hypervisor-uuid"#' /usr/lib/python3/dist-packages/cloudinit/sources/DataSourceEc2.py \
 && grep -q '"/etc/hypervisor-uuid"' /usr/lib/python3/dist-packages/cloudinit/sources/DataSourceEc2.py
# The engine gives the address; nobody would answer DHCP, and cloud-init would wait for it.
RUN rm -f /usr/sbin/dhclient
COPY first-process runc-within-limits /usr/local/sbin/
COPY cloud.cfg /etc/cloud/cloud.cfg.d/99-machine-bed.cfg
RUN chmod 755 /usr/local/sbin/* && systemctl mask systemd-udevd.service systemd-udev-trigger.service \
      systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-networkd-wait-online.service getty.target \
      console-getty.service e2scrub_reap.service apt-daily.timer apt-daily-upgrade.timer modprobe@drm.service
STOPSIGNAL SIGRTMIN+3
CMD ["/usr/local/sbin/first-process"]
