set :application, 'shop'
set :repo_url, '@repository-url@'
set :deploy_to, '/srv/shop'
set :keep_releases, 3
set :format, :simpletext
set :log_level, :info
set :default_env, { 'RAILS_ENV' => 'production' }
append :linked_files, '.env'
append :linked_dirs, 'log', 'tmp/sockets', 'tmp/pids'
# Nobody is there to type a password.
set :ssh_options, auth_methods: %w[publickey], non_interactive: true
