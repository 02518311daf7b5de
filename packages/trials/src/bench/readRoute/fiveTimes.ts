/** To be imported before the fleet: makes it five times as large, in this process and in those that it starts. */
process.env.BENCH_FLEET_SCALE = '5';
