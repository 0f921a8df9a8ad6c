ENV['BUNDLE_GEMFILE'] ||= File.expand_path('../Gemfile', __dir__)
require 'bundler/setup'

# The server's settings, for tasks too that systemd does not start.
settings = File.expand_path('../.env', __dir__)
File.readlines(settings, chomp: true).grep(/\A\w+=/).each { |line| ENV.store(*line.split('=', 2)) } if File.exist?(settings)
