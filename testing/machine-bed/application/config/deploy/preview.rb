# Everything that differs from one environment to the next is told from outside.
server ENV.fetch('DEPLOY_HOST'), user: ENV.fetch('DEPLOY_USER', 'deploy'), roles: ENV.fetch('DEPLOY_ROLES', 'web app db').split
set :branch, ENV.fetch('DEPLOY_REVISION')
