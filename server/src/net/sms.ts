export interface Sms {
  /** An international number with `+`. */
  readonly to: string;
  readonly text: string;
}

/** Sends a text message. Done means the provider took it; a throw means it may or may not have. */
export interface SmsSender {
  send(sms: Sms): Promise<void>;
}
