import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { cache } from "../../api/cache";
import { idempotencyKey } from "../../api/client";
import { asProblem } from "../../api/problem";
import { Answer } from "../../ui/answer";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Card, Failure } from "../../ui/layout";
import { eventTypesQuery, makeWebhook, webhooksKey } from "./queries";
import { Secret } from "./secret";
import styles from "./webhooks.module.css";

export function NewWebhook() {
  const [url, setUrl] = useState("");
  const [description, setDescription] = useState("");
  const [types, setTypes] = useState<readonly string[]>([]);
  // Kept while no answer came: the repeat has no second effect. Other words are another intent.
  const [key, setKey] = useState(idempotencyKey);
  const renew = () => setKey(idempotencyKey());
  const send = useMutation({
    mutationFn: () => makeWebhook({ url: url.trim(), description: description.trim(), event_types: types.length > 0 ? [...types] : ["*"] }, key),
    onSuccess: async () => {
      setUrl("");
      setDescription("");
      setTypes([]);
      await cache.invalidateQueries({ queryKey: webhooksKey });
    },
    onSettled: (_, error) => {
      if (!error || asProblem(error).status !== 0) renew();
    },
  });
  // What was refused was refused for other words: while its errors stand, the form is not sent.
  const change = () => {
    renew();
    send.reset();
  };
  const problem = send.error ? asProblem(send.error) : null;
  return (
    <Card title="New webhook">
      <Form
        className={styles.form}
        validationErrors={problem?.fieldErrors}
        onSubmit={(event) => {
          event.preventDefault();
          send.mutate();
        }}
      >
        <Field label="URL" name="url" type="url" autoComplete="off" mono value={url} onChange={(text) => (setUrl(text), change())} isRequired help="Where your program takes signed POSTs." />
        <Field label="What it is for" name="description" autoComplete="off" value={description} onChange={(text) => (setDescription(text), change())} maxLength={200} />
        <Types chosen={types} onChange={(chosen) => (setTypes(chosen), change())} />
        {problem && problem.fields.length === 0 && <Failure what="The webhook was not made." problem={problem} />}
        <div className={styles.buttons}>
          <Button kind="primary" type="submit" busy={send.isPending}>
            Make webhook
          </Button>
        </div>
      </Form>
      {send.data?.secret && <Secret secret={send.data.secret}>The webhook was made. This is its secret.</Secret>}
    </Card>
  );
}

function Types({ chosen, onChange }: { chosen: readonly string[]; onChange: (chosen: readonly string[]) => void }) {
  const query = useQuery(eventTypesQuery);
  return (
    <fieldset className={styles.types}>
      <legend className={styles.label}>Events</legend>
      <p className={styles.note}>Without a choice all of them, also those of later versions.</p>
      <Answer query={query} failure="The types of events did not come." rows={4} height={24}>
        {(types) =>
          types.map(({ name, about }) => (
            <label key={name} className={styles.type}>
              <input type="checkbox" checked={chosen.includes(name)} onChange={(event) => onChange(event.target.checked ? [...chosen, name] : chosen.filter((each) => each !== name))} />
              <span>
                <code>{name}</code> <span className={styles.note}>{about}</span>
              </span>
            </label>
          ))
        }
      </Answer>
    </fieldset>
  );
}
