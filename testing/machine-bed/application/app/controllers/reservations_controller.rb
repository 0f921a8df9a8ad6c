class ReservationsController < ApplicationController
  def create
    reservation = Reservation.create!(restaurant: Restaurant.first!, user: User.first!, party: params.fetch(:party, 2), starts_at: 1.day.from_now)
    ConfirmWorker.perform_async(reservation.id)
    render json: reservation, status: :created
  end

  def show
    render json: Reservation.find(params[:id])
  end
end
