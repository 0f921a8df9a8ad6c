namespace :deploy do
  desc 'Are all gems there?'
  task :check_gems do
    on(roles(:app)) { within(release_path) { execute :bundle, :check } }
  end

  desc 'Run the migrations'
  task :migrate do
    on(primary(:db)) { within(release_path) { execute :bundle, :exec, :rake, 'db:migrate' } }
  end

  desc 'Restart the web process and the worker'
  task :restart do
    on(roles(:app)) { execute :sudo, '--non-interactive', '/usr/bin/systemctl', 'restart', 'shop-web', 'shop-worker' }
  end

  after 'deploy:updated', 'deploy:check_gems'
  after 'deploy:check_gems', 'deploy:migrate'
  after 'deploy:published', 'deploy:restart'
end
