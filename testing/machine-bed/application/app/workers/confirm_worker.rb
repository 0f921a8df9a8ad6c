# The kitchen says yes a moment later, in a process of its own.
class ConfirmWorker
  include Sidekiq::Worker

  def perform(id)
    Reservation.find(id).update!(confirmed_at: Time.current)
  end
end
