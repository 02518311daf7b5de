/** A request that changes stored state, as it passes through the sandbox. */
export interface PassingWrite {
  service: string;
  /** As recorded calls name it. */
  operation: string;
  /** Path and body: which resource is meant. */
  text: string;
}

/** Before a write takes effect, or after it has. */
export type Moment = 'before' | 'after';

/** What a test does with a write at a moment; the request waits for it. `drop` ends its connection without a word. */
export type Checkpoint = (
  moment: Moment,
  write: PassingWrite,
) => Promise<'pass' | 'drop'>;

/** Where a test stops writes, to do something to their sender meanwhile. */
export class Holds {
  #checkpoint: Checkpoint | undefined;

  /** Takes the place of the checkpoint before it; undefined lets everything pass. */
  set(checkpoint: Checkpoint | undefined): void {
    this.#checkpoint = checkpoint;
  }

  /** False where the connection is to be closed. */
  async pass(moment: Moment, write: PassingWrite): Promise<boolean> {
    return (await this.#checkpoint?.(moment, write)) !== 'drop';
  }
}
