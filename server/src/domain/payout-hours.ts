import { must } from "./fault.ts";

/** When a rail's payouts may leave: on these days of the week (1 is Monday), between these minutes of the day, by the clocks of a zone. */
export interface PayoutHours {
  readonly days: readonly number[];
  readonly from: number;
  readonly until: number;
  readonly zone: string;
  /** As the operator wrote it. */
  readonly text: string;
}

const dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const minute = 60_000;
const wholeDay = 24 * 60;

/** Reads `mon-fri 08:00-16:00 Africa/Lagos`; without days every day. Undefined where it is not that, or the zone does not exist. */
export function parsePayoutHours(text: string): PayoutHours | undefined {
  const pattern =
    /^(?:(?<first>[a-z]{3})(?:-(?<last>[a-z]{3}))? )?(?<from>[0-2]\d:[0-5]\d)-(?<until>[0-2]\d:[0-5]\d) (?<zone>[A-Za-z0-9_+\-/]{1,64})$/;
  const found = pattern.exec(text.trim())?.groups;
  if (found === undefined) return undefined;
  const { first = "mon", last = found["first"] ?? "sun" } = found;
  const zone = must(found["zone"], "a zone");
  const [a, b] = [dayNames.findIndex((name) => name === first), dayNames.findIndex((name) => name === last)];
  const [from, until] = [minutesOf(must(found["from"], "a time")), minutesOf(must(found["until"], "a time"))];
  if (a < 0 || b < a || until > wholeDay || from >= until || !isZone(zone)) return undefined;
  return { days: Array.from({ length: b - a + 1 }, (_, i) => a + 1 + i), from, until, zone, text: text.trim() };
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-GB", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** The first moment from `at` on at which payouts may leave: `at` itself while they may. After `until` (the cut-off) that is another day. */
export function nextPayoutTime(hours: PayoutHours, at: Date): Date {
  let moment = at;
  const localTime = clockOf(hours.zone);
  // A week or two of days in a dozen steps each.
  for (let steps = 0; steps < 300; steps += 1) {
    const { day, minutes } = localTime(moment);
    const open = hours.days.includes(day);
    if (open && minutes >= hours.from && minutes < hours.until) return moment;
    const ahead = open && minutes < hours.from ? hours.from - minutes : wholeDay - minutes;
    // Clocks may be changed on the way, by two hours at most and on a quarter of an hour: the last part is gone quarter by quarter.
    const step = ahead > 135 ? ahead - 120 : Math.min(ahead, 15 - (minutes % 15));
    moment = new Date(Math.floor(moment.getTime() / minute) * minute + step * minute);
  }
  return moment;
}

function clockOf(zone: string): (at: Date) => { readonly day: number; readonly minutes: number } {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return (at) => {
    const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const day = dayNames.findIndex((name) => name === part["weekday"]?.toLowerCase()) + 1;
    return { day, minutes: minutesOf(`${part["hour"]}:${part["minute"]}`) };
  };
}
