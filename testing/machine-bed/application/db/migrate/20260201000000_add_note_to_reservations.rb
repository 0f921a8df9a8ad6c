class AddNoteToReservations < ActiveRecord::Migration[6.1]
  def change
    add_column :reservations, :note, :string
  end
end
