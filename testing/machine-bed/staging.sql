-- @reviews is replaced by a number: the reviews are what makes a dump large.
create table restaurants (
  id bigint primary key auto_increment, name varchar(120) not null, city varchar(60) not null, seats int not null,
  created_at datetime(6) not null, updated_at datetime(6) not null, key (city)
) engine = innodb default charset = utf8mb4;
insert into restaurants (name, city, seats, created_at, updated_at)
select concat(elt(1 + seq % 7, 'Sora', 'Umi', 'Hinata', 'Komorebi', 'Yoake', 'Tsuki', 'Kaze'), ' ', seq),
  elt(1 + seq % 5, 'Tokyo', 'Osaka', 'Kyoto', 'Fukuoka', 'Sapporo'), 10 + seq % 60, '2026-01-01', '2026-01-01'
from seq_1_to_500;

create table users (
  id bigint primary key auto_increment, name varchar(120) not null, email varchar(160) not null,
  created_at datetime(6) not null, updated_at datetime(6) not null, unique key (email)
) engine = innodb default charset = utf8mb4;
insert into users (name, email, created_at, updated_at)
select concat('User ', seq), concat('user', seq, '@example.test'), '2026-01-01', '2026-01-01' from seq_1_to_5000;

create table reservations (
  id bigint primary key auto_increment, restaurant_id bigint not null, user_id bigint not null, party int not null,
  starts_at datetime(6) not null, confirmed_at datetime(6), created_at datetime(6) not null, updated_at datetime(6) not null,
  key (restaurant_id, starts_at), foreign key (restaurant_id) references restaurants (id), foreign key (user_id) references users (id)
) engine = innodb default charset = utf8mb4;
insert into reservations (restaurant_id, user_id, party, starts_at, confirmed_at, created_at, updated_at)
select 1 + seq % 500, 1 + seq % 5000, 1 + seq % 8, '2026-02-01' + interval seq minute, '2026-01-02', '2026-01-01', '2026-01-01'
from seq_1_to_10000;

create table reviews (
  id bigint primary key auto_increment, restaurant_id bigint not null, user_id bigint not null, stars int not null,
  body text not null, created_at datetime(6) not null, updated_at datetime(6) not null, key (restaurant_id)
) engine = innodb default charset = utf8mb4;
insert into reviews (restaurant_id, user_id, stars, body, created_at, updated_at)
select 1 + seq % 500, 1 + seq % 5000, 1 + seq % 5,
  concat('Visit ', sha2(seq, 512), ' ', repeat(elt(1 + seq % 3, 'A quiet table by the window. ', 'The soup was worth the wait. ',
    'We shall come again in spring. '), 24), sha2(seq + 0.5, 512)), '2026-01-03', '2026-01-03'
from seq_1_to_@reviews;

-- What Rails writes of the migrations that ran.
create table schema_migrations (version varchar(255) primary key) engine = innodb default charset = utf8mb4;
insert into schema_migrations values ('20260101000000');
create table ar_internal_metadata (
  `key` varchar(255) primary key, value varchar(255), created_at datetime(6) not null, updated_at datetime(6) not null
) engine = innodb default charset = utf8mb4;
insert into ar_internal_metadata values ('environment', 'production', '2026-01-01', '2026-01-01');
