Rails.application.configure do
  config.cache_classes = true
  config.eager_load = true
  config.consider_all_requests_local = false
  config.log_level = :info
  config.logger = ActiveSupport::Logger.new($stdout)
  config.cache_store = :mem_cache_store, ENV.fetch('MEMCACHED', '127.0.0.1:11211')
  config.active_record.dump_schema_after_migration = false
end
