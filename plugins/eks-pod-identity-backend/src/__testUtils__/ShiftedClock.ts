import { type Clock, systemClock } from 'eks-pod-identity-engine';

/** The real clock, which can be set forward. */
export class ShiftedClock implements Clock {
  shift = 0;

  now() {
    return systemClock.now() + this.shift;
  }

  sleep(ms: number, signal?: AbortSignal) {
    return systemClock.sleep(ms, signal);
  }
}
