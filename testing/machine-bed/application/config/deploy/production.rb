server '203.0.113.10', user: 'deploy', roles: %w[web app db]
set :branch, 'main'
