/*
 * Preloaded into services: when the script that started one is gone, however it ended, its end of this pipe closes and
 * the service ends too. Nothing is left listening after a kill -9.
 */
process.stdin.on('end', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), 5_000).unref();
});
process.stdin.on('error', () => {});
process.stdin.resume();
process.stdin.unref?.();
