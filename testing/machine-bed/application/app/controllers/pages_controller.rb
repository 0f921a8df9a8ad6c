# What runs here, and with which rows.
class PagesController < ApplicationController
  REVISION = Rails.root.join('REVISION').then { |file| file.exist? ? file.read.strip : 'none' }

  def show
    lines = facts.map { |name, value| "<dt>#{name}</dt><dd>#{ERB::Util.h(value)}</dd>" }
    render html: "<!doctype html><title>Shop</title><h1>Shop</h1><dl>#{lines.join}</dl>".html_safe
  end

  def state
    render json: facts
  end

  def revision
    render plain: REVISION
  end

  private

  def facts
    {
      revision: REVISION,
      restaurants: Rails.cache.fetch('restaurants', expires_in: 10.seconds) { Restaurant.count },
      reservations: Reservation.count,
      confirmed: Reservation.where.not(confirmed_at: nil).count,
      reviews: Review.count,
      columns: Reservation.column_names.join(' '),
      visits: Redis.new(url: ENV.fetch('REDIS_URL', 'redis://127.0.0.1:6379')).incr('visits')
    }
  end
end
