/** How often to ask about a change that takes effect elsewhere after an unknown time. Milliseconds. */
export interface Polling {
  /** Pause after the first question; each further one is half as long again. */
  first: number;
  /** Longest pause in the first 15 seconds, in which most changes take effect. */
  soon: number;
  /** Longest pause after that. */
  later: number;
}

const SOON_MS = 15_000;

/**
 * For questions that cost a call to AWS: with the default `retryPause` after 250 ms, then at most every second, and
 * after 15 seconds at most every 4 seconds.
 */
export function propagationPolling(retryPause: number): Polling {
  return { first: retryPause, soon: 4 * retryPause, later: 16 * retryPause };
}

/** For questions that only a Kubernetes API answers: at an even pace until most changes have taken effect. */
export function gatePolling(timings: {
  gateMinPause: number;
  gateMaxPause: number;
}): Polling {
  const { gateMinPause, gateMaxPause } = timings;
  return { first: gateMinPause, soon: gateMinPause, later: gateMaxPause };
}

/**
 * The pauses of one wait.
 *
 * @returns a function that takes the time since the first question and returns the pause before the next one
 */
export function pausesOf(polling: Polling): (elapsedMs: number) => number {
  let grown = polling.first;
  return elapsedMs => {
    const longest = elapsedMs < SOON_MS ? polling.soon : polling.later;
    const pause = Math.min(grown, longest);
    grown = pause * 1.5;
    return pause;
  };
}
