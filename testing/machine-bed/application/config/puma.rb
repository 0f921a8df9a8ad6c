threads 1, 4
environment ENV.fetch('RAILS_ENV', 'production')
bind "unix://#{ENV.fetch('PUMA_SOCKET', '/srv/shop/shared/tmp/sockets/puma.sock')}"
