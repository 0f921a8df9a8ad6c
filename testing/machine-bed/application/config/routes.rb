Rails.application.routes.draw do
  root 'pages#show'
  get 'state', to: 'pages#state'
  get 'revision', to: 'pages#revision'
  resources :reservations, only: %i[create show]
end
