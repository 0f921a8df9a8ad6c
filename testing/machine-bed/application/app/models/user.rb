class User < ApplicationRecord
  has_many :reservations
end
