import nodemailer from "nodemailer";

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Sends plain-text mail. Done means the mail server took it; a throw means it may or may not have, so a repeat can arrive twice. */
export interface Mailer {
  send(mail: Mail): Promise<void>;
}

/** A mailer over SMTP. `url` such as `smtps://user:password@mail.example:465`, `from` such as `Tranche <escrow@example.com>`. */
export function smtpMailer(settings: { readonly url: string; readonly from: string }): Mailer {
  const transport = nodemailer.createTransport(
    // A text is all we ever send: nothing a caller gives may make the mailer read a file or fetch an address.
    {
      url: settings.url,
      connectionTimeout: 10_000,
      greetingTimeout: 10_000,
      socketTimeout: 20_000,
      disableFileAccess: true,
      disableUrlAccess: true,
    },
    { from: settings.from },
  );
  return {
    send: async ({ to, subject, text }) => {
      // An object keeps the mailer from reading a list of addresses, or a display name, out of one text.
      await transport.sendMail({ to: { name: "", address: to }, subject, text });
    },
  };
}
