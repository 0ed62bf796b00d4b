/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolProvider;
import dev.millrace.plugin.mqtt.broker.Link;
import dev.millrace.plugin.mqtt.broker.Wire;
import dev.millrace.plugin.mqtt.message.Incoming;
import dev.millrace.plugin.mqtt.message.Outgoing;
import dev.millrace.plugin.mqtt.message.TopicPattern;
import dev.millrace.plugin.mqtt.settings.Prompt;
import dev.millrace.plugin.mqtt.settings.Settings;
import dev.millrace.plugin.mqtt.settings.TopicTool;
import dev.millrace.plugin.mqtt.store.Answers;
import dev.millrace.plugin.mqtt.store.Inbox;
import dev.millrace.plugin.mqtt.store.Outbox;
import dev.millrace.plugin.mqtt.store.Question;
import dev.millrace.plugin.mqtt.talk.Asker;
import dev.millrace.plugin.mqtt.talk.Models;
import dev.millrace.plugin.mqtt.tool.Approvals;
import dev.millrace.plugin.mqtt.tool.States;
import dev.millrace.plugin.mqtt.tool.TopicTools;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Between a broker and models: all that a file of settings asks for. For any thread. */
final class Bridge implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Bridge.class.getName());
    private static final long TICK_MILLIS = 1_000;
    /** Answers that are kept for those who ask again. */
    private static final int REMEMBERED = 20_000;
    private static final int LONGEST_TOPIC = 1_000;
    private static final int LONGEST_CORRELATION = 1_024;

    /** Who wants messages of a subscription. */
    private sealed interface Wish {

        record Ask(Prompt prompt) implements Wish {
        }

        record Know(TopicPattern topic) implements Wish {
        }

        record Decide(TopicPattern topic) implements Wish {
        }

        record Birth(TopicPattern topic) implements Wish {
        }

        default TopicPattern pattern() {
            return switch (this) {
                case Ask ask -> ask.prompt().topic();
                case Know know -> know.topic();
                case Decide decide -> decide.topic();
                case Birth birth -> birth.topic();
            };
        }
    }

    /** A message for which the inbox had no room. The broker keeps it until there is some. */
    private record Held(Prompt prompt, Incoming message, Runnable acknowledge) {
    }

    private final Settings settings;
    private final InstantSource clock;
    private final FileChannel lock;
    private final Inbox inbox;
    private final Outbox outbox;
    private final Answers answers;
    private final States states = new States();
    private final TopicTools tools;
    private final @Nullable Approvals approvals;
    private final Map<Integer, Wish> wishes = new LinkedHashMap<>();
    private final Deque<Held> held = new ArrayDeque<>();
    private final Link link;
    private final Asker asker;
    private final Thread keeper;
    private volatile boolean closed;

    /**
     * A bridge that does nothing yet.
     *
     * @throws MillraceException if the folder of its queues cannot be used
     */
    Bridge(Settings settings, Wire wire, Models models, InstantSource clock) {
        this.settings = settings;
        this.clock = clock;
        Path folder = settings.folder();
        try {
            Files.createDirectories(folder);
            lock = lock(folder);
        } catch (IOException e) {
            throw new MillraceException("Messages that wait cannot be kept in " + folder + " (" + e.getMessage()
                    + "): name a folder that can be written.", e);
        }
        boolean done = false;
        try {
            outbox = new Outbox(folder.resolve("outbox.log"), settings.messages(), settings.bytes());
            answers = new Answers(folder.resolve("answers.log"), Math.max(REMEMBERED, settings.messages()),
                    settings.bytes(), clock);
            inbox = new Inbox(folder.resolve("inbox.log"), settings.prompts(), this::isAnswered, settings.messages(),
                    settings.bytes(), clock);
            done = true;
        } catch (IOException e) {
            throw new MillraceException("Messages that waited in " + folder + " cannot be read (" + e.getMessage()
                    + "): see to the disk, or name another folder.", e);
        } finally {
            if (!done) {
                closeQuietly(lock);
            }
        }
        TopicTools.Publisher publisher = this::publish;
        tools = new TopicTools(settings.toolset(), settings.tools(), states, publisher, clock);
        approvals = settings.approval().map(approval -> new Approvals(approval, approved(settings), publisher))
                .orElse(null);
        wish(settings);
        link = new Link(wire, settings.broker().name(),
                new Link.Manners(subscriptions(), this::greeting,
                        List.of(Outgoing.text(settings.broker().status(), "offline", true)),
                        settings.broker().longestPauseSeconds()),
                outbox, this::arrived);
        asker = new Asker(settings.atOnce(), inbox, outbox, answers, models, tools,
                approvals == null ? List.<ToolGuard>of() : List.of(approvals), this::retry);
        keeper = Thread.ofVirtual().name("millrace-mqtt-keeper").unstarted(this::keep);
    }

    /** Whether a question that waited when the process ended was answered just then. */
    private boolean isAnswered(Question question) {
        if (outbox.hasAnswer(question.number())) {
            return true;
        }
        Optional<Outgoing> answer = question.key().flatMap(answers::get);
        try {
            if (answer.isPresent()) {
                outbox.restore(answer.get());
            }
            return answer.isPresent();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "An answer cannot be kept: it is asked again.", e);
            return false;
        }
    }

    private static FileChannel lock(Path folder) throws IOException {
        FileChannel channel = FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock taken = null;
        try {
            taken = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            LOG.log(System.Logger.Level.DEBUG, "This process has it.", e);
        } finally {
            if (taken == null) {
                channel.close();
            }
        }
        if (taken == null) {
            throw new IOException("another Millrace uses it now");
        }
        return channel;
    }

    private static void closeQuietly(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            LOG.log(System.Logger.Level.DEBUG, "It cannot be closed.", e);
        }
    }

    private static Set<String> approved(Settings settings) {
        Set<String> names = new HashSet<>();
        settings.tools().stream().filter(tool -> tool instanceof TopicTool.Publish publish && publish.approve())
                .forEach(tool -> names.add(tool.name()));
        return names;
    }

    private void wish(Settings given) {
        List<Wish> all = new ArrayList<>();
        given.prompts().forEach(prompt -> all.add(new Wish.Ask(prompt)));
        Set<String> known = new HashSet<>();
        for (TopicTool tool : given.tools()) {
            if (tool instanceof TopicTool.Read read && known.add(read.topic().filter())) {
                all.add(new Wish.Know(read.topic()));
            }
        }
        given.approval().ifPresent(approval -> all.add(new Wish.Decide(approval.answer())));
        given.discovery().ifPresent(
                discovery -> all.add(new Wish.Birth(TopicPattern.of(discovery.prefix() + "/status"))));
        all.forEach(wish -> wishes.put(wishes.size() + 1, wish));
    }

    private List<Wire.Subscription> subscriptions() {
        List<Wire.Subscription> subscriptions = new ArrayList<>();
        wishes.forEach((number, wish) -> subscriptions.add(new Wire.Subscription(number,
                wish instanceof Wish.Ask ask ? ask.prompt().filter() : wish.pattern().filter())));
        return subscriptions;
    }

    private List<Outgoing> greeting() {
        List<Outgoing> greeting = new ArrayList<>();
        greeting.add(Outgoing.text(settings.broker().status(), "online", true));
        settings.discovery().ifPresent(
                discovery -> greeting.addAll(HomeAssistant.announce(discovery, settings.broker().status())));
        return greeting;
    }

    private void publish(Outgoing message) throws IOException, InterruptedException {
        link.publish(message);
    }

    /** Begins to connect and to ask. To be called once. */
    void start() {
        asker.start();
        keeper.start();
        link.start();
    }

    /** Topics as tools. */
    ToolProvider tools() {
        return tools;
    }

    /** Why it is not connected, in a sentence; empty if it is. */
    Optional<String> problem() {
        return link.problem();
    }

    /** Questions that wait or are being answered. */
    int waiting() {
        return inbox.size();
    }

    /** Messages that the broker has not taken yet. */
    int unsent() {
        return outbox.size();
    }

    private void arrived(Incoming message, Runnable acknowledge) {
        boolean kept = true;
        try {
            for (Wish wish : wanted(message)) {
                kept &= switch (wish) {
                    case Wish.Ask ask -> ask(ask.prompt(), message, acknowledge);
                    case Wish.Know know -> {
                        states.put(message.topic(), message.payload(), clock.millis(), message.retained());
                        yield true;
                    }
                    case Wish.Decide decide -> {
                        if (approvals != null && !message.retained()) {
                            approvals.decide(message.topic(), message.payload());
                        }
                        yield true;
                    }
                    case Wish.Birth birth -> {
                        announceAgain(message);
                        yield true;
                    }
                };
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.ERROR,
                    "A message cannot be kept: " + e.getMessage() + ". The broker keeps it: see to the disk.", e);
            kept = false;
        }
        if (kept) {
            acknowledge.run();
        }
    }

    /** Those that a message was delivered for; brokers that do not tell deliver it once for all. */
    private List<Wish> wanted(Incoming message) {
        List<Wish> wanted = new ArrayList<>();
        wishes.forEach((number, wish) -> {
            if ((message.subscriptions().isEmpty() || message.subscriptions().contains(number))
                    && wish.pattern().match(message.topic()).isPresent()) {
                wanted.add(wish);
            }
        });
        return wanted;
    }

    private boolean ask(Prompt prompt, Incoming message, Runnable acknowledge) throws IOException {
        // what was said before anybody listened is a state and no question
        if (message.retained() || !isFit(message)) {
            return true;
        }
        synchronized (held) {
            if (held.isEmpty() && take(prompt, message) != Inbox.Put.FULL) {
                return true;
            }
            // a broker that comes back repeats what is held; only its last delivery can be acknowledged
            held.removeIf(each -> message.repeated() && each.prompt().equals(prompt) && each.message().same(message));
            held.addLast(new Held(prompt, message, acknowledge));
            return false;
        }
    }

    /**
     * Takes a message in, unless the same request waits or is answered: then its answer is sent again. To be called with the lock
     * of what is held. An answer is kept before its question leaves the inbox, so the order of the two looks matters.
     */
    private Inbox.Put take(Prompt prompt, Incoming message) throws IOException {
        Optional<String> key = new Question(-1, prompt, message.topic(), message.payload(), message.responseTopic(),
                message.correlation(), clock.millis()).key();
        if (key.filter(inbox::has).isPresent()) {
            return Inbox.Put.KNOWN;
        }
        Optional<Outgoing> answer = key.flatMap(answers::get);
        if (answer.isPresent()) {
            // whoever asks again has not heard it
            return outbox.offer(answer.get()) ? Inbox.Put.KNOWN : Inbox.Put.FULL;
        }
        return inbox.put(prompt, message);
    }

    private static boolean isFit(Incoming message) {
        Predicate<String> exact = topic -> !topic.isEmpty() && topic.length() <= LONGEST_TOPIC
                && !topic.matches("(?s).*[+#\\x00].*");
        boolean fit = message.topic().length() <= LONGEST_TOPIC
                && message.responseTopic().filter(exact.negate()).isEmpty()
                && message.correlation().filter(data -> data.length > LONGEST_CORRELATION).isEmpty();
        if (!fit) {
            LOG.log(System.Logger.Level.WARNING, "A message is dropped: its topic, response topic or correlation data"
                    + " is too long, or its response topic has wildcards.");
        }
        return fit;
    }

    /** Takes in what was held, as far as there is room. */
    private void retry() {
        List<Runnable> acknowledged = new ArrayList<>();
        synchronized (held) {
            try {
                while (!held.isEmpty()) {
                    Held first = held.getFirst();
                    if (take(first.prompt(), first.message()) == Inbox.Put.FULL) {
                        break;
                    }
                    held.removeFirst();
                    acknowledged.add(first.acknowledge());
                }
            } catch (IOException e) {
                LOG.log(System.Logger.Level.ERROR, "A message cannot be kept: " + e.getMessage() + ".", e);
            }
        }
        acknowledged.forEach(Runnable::run);
    }

    private void announceAgain(Incoming message) throws IOException {
        if (settings.discovery().isPresent() && !message.retained()
                && new String(message.payload(), java.nio.charset.StandardCharsets.UTF_8).equals("online")) {
            Iterator<Outgoing> all = greeting().iterator();
            while (all.hasNext()) {
                outbox.offer(all.next());
            }
        }
    }

    private void keep() {
        while (!closed) {
            try {
                Thread.sleep(TICK_MILLIS);
                retry();
                inbox.flush();
                outbox.flush();
            } catch (InterruptedException e) {
                return;
            } catch (IOException e) {
                LOG.log(System.Logger.Level.ERROR, "Messages that wait cannot be written: " + e.getMessage() + ".", e);
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        keeper.interrupt();
        asker.close();
        link.close();
        closeQuietly(inbox);
        closeQuietly(answers);
        closeQuietly(outbox);
        closeQuietly(lock);
    }
}
