import { ChevronDown } from "lucide-react";
import { useMemo } from "react";
import { Button, ComboBox, Input, Label, ListBox, ListBoxItem, Popover, Radio, RadioGroup, Switch, Text } from "react-aria-components";
import { Card } from "../../ui/layout";
import { clock } from "../../ui/format";
import { browserZone, setPreferences, usePreferences, useZone, type Theme } from "../../ui/preferences";
import { useNow } from "../../ui/use_now";
import styles from "./accounts.module.css";

const themes: readonly { id: Theme; name: string }[] = [
  { id: "system", name: "As the system" },
  { id: "light", name: "Light" },
  { id: "dark", name: "Dark" },
];

const browser = "browser";

/** Kept in this browser: at night on the phone one wants another theme than by day at the desk. */
export function Appearance() {
  const { theme, letters } = usePreferences();
  return (
    <Card title="This browser" note="kept on this device only">
      <div className={styles.form}>
        <RadioGroup className={styles.themes} value={theme} onChange={(value) => setPreferences({ theme: value as Theme })} orientation="horizontal">
          <Label className={styles.label}>Theme</Label>
          <div className={styles.segments}>
            {themes.map(({ id, name }) => (
              <Radio key={id} value={id} className={styles.segment}>
                {name}
              </Radio>
            ))}
          </div>
        </RadioGroup>
        <Zone />
        <Switch className={styles.switch} isSelected={letters} onChange={(on) => setPreferences({ letters: on })}>
          <span className={styles.track} aria-hidden="true" />
          <span>
            Keys of one letter or sign <span className={styles.seen}>(/ to the search, J and K through the rows, G and a letter to a page, ? for all of them)</span>
          </span>
        </Switch>
      </div>
    </Card>
  );
}

function Zone() {
  const { zone } = usePreferences();
  const shown = useZone();
  const now = useNow();
  const zones = useMemo(
    () => [{ id: browser, name: `As the browser (${browserZone()})` }, ...["UTC", ...Intl.supportedValuesOf("timeZone")].map((id) => ({ id, name: id.replaceAll("_", " ") }))],
    [],
  );
  return (
    <ComboBox
      className={styles.zone}
      defaultItems={zones}
      selectedKey={zone || browser}
      onSelectionChange={(key) => key !== null && setPreferences({ zone: key === browser ? "" : String(key) })}
      menuTrigger="focus"
    >
      <Label className={styles.label}>Time zone beside UTC</Label>
      <div className={styles.combo}>
        <Input className={styles.comboInput} />
        <Button className={styles.comboButton} aria-label="Show the zones">
          <ChevronDown size={15} aria-hidden="true" />
        </Button>
      </div>
      <Text slot="description" className={styles.seen}>
        It is {clock(now, shown)} there.
      </Text>
      <Popover className={styles.popover}>
        <ListBox<{ id: string; name: string }> className={styles.options}>
          {(item) => (
            <ListBoxItem id={item.id} textValue={item.name} className={styles.option}>
              {item.name}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
