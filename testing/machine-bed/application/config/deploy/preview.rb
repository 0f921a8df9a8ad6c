# Everything that differs from one environment to the next is told from outside.
server ENV.fetch('WIZARD_SERVER'), user: ENV.fetch('WIZARD_SERVER_USER', 'deploy'), roles: ENV.fetch('WIZARD_ROLES', 'web app db').split
set :branch, ENV.fetch('WIZARD_REVISION')
