export const benchHost = 'app-shop-7.bench.example';
