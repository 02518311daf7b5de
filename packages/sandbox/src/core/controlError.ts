/** A mistake of the control API's caller. */
export class ControlError extends Error {
  constructor(message: string, readonly status = 400) {
    super(message);
  }
}
