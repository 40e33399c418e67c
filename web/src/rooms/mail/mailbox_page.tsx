import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { Mail } from "../../api/types";
import { Answer } from "../../ui/answer";
import { plural } from "../../ui/format";
import { Card, Empty, Verdict } from "../../ui/layout";
import { More } from "../../ui/more";
import { Time } from "../../ui/time";
import { optionsQuery } from "../sessions/queries";
import { mailboxQuery } from "./queries";
import { wordsOf } from "./words";
import styles from "./mail.module.css";

/** Where mails are, while there is no mail server. They hold other people's links, so administrators alone see them. */
export function MailboxPage() {
  const query = useInfiniteQuery(mailboxQuery);
  const { data: options } = useQuery(optionsQuery);
  const mails = query.data?.pages.flatMap((page) => page.data);
  return (
    <div className={styles.page}>
      <Verdict tone={query.error && !mails ? "crit" : "ok"} sentence={sentenceOf(mails?.length, query.hasNextPage, query.error !== null)}>
        {options && wayOf(options.mail)}
      </Verdict>
      <Card label="Mails">
        <Answer query={query} failure="The mails did not come." height={48}>
          {() =>
            mails && mails.length > 0 ? (
              <ul className={styles.mails}>
                {mails.map((mail) => (
                  <Letter key={mail.id} mail={mail} />
                ))}
              </ul>
            ) : (
              <Empty title="Mails that were kept will be listed here.">
                <p>When somebody signs up or forgets a password, what would be sent to them appears within seconds.</p>
              </Empty>
            )
          }
        </Answer>
        <More query={query} what="mails" />
      </Card>
    </div>
  );
}

function Letter({ mail }: { mail: Mail }) {
  return (
    <li className={styles.mail} data-testid="mail">
      <h2>{mail.subject}</h2>
      <p className={styles.to}>
        to {mail.to}, <Time at={mail.at} />
      </p>
      <p className={styles.text}>
        {wordsOf(mail.text).map((words, index) => (words.isLink ? <a key={index} href={words.text}>{words.text}</a> : words.text))}
      </p>
    </li>
  );
}

function wayOf(mail: string): string {
  if (mail === "smtp") return "Mails go to the server of SMTP_URL. Here stands what was kept before.";
  return "This machine has no mail server, so each mail is kept here for a week. SMTP_URL and ACME_MAIL_FROM send them.";
}

function sentenceOf(shown: number | undefined, more: boolean, failed: boolean): string {
  if (shown === undefined) return failed ? "The mails are not known." : "Reading the mailbox.";
  if (shown === 0) return "No mail is kept.";
  return more ? `The newest ${plural(shown, "mail")}.` : `${plural(shown, "mail")} ${shown === 1 ? "is" : "are"} kept.`;
}
