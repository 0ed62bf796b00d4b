package ${package};

import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.StageContext;
import dev.millrace.spi.text.TokenHistory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.osgi.service.component.annotations.Component;

/** Keeps a word out of all answers, in whatever tokens a model would write it. */
@Component
public final class ForbiddenWord implements SamplerStage.Factory {

    private static final byte[] WORD = "password".getBytes(StandardCharsets.UTF_8);

    @Override
    public int order() {
        // after penalties, before temperature
        return 50;
    }

    @Override
    public Optional<SamplerStage> create(StageContext context) {
        return Optional.of(new Stage(context, new byte[0]));
    }

    private static final class Stage implements SamplerStage {

        private final StageContext context;
        /** The last bytes of the answer, fewer than the word has. */
        private byte[] tail;

        Stage(StageContext context, byte[] tail) {
            this.context = context;
            this.tail = tail;
        }

        @Override
        public void apply(float[] logits, TokenHistory history) {
            for (int token = 0; token < logits.length; token++) {
                if (logits[token] > Float.NEGATIVE_INFINITY && spells(joined(token))) {
                    logits[token] = Float.NEGATIVE_INFINITY;
                }
            }
        }

        @Override
        public void accept(int token) {
            byte[] all = joined(token);
            tail = Arrays.copyOfRange(all, Math.max(0, all.length - WORD.length + 1), all.length);
        }

        @Override
        public void begin(TokenHistory history, int round) {
            tail = new byte[0];
        }

        @Override
        public SamplerStage fork() {
            return new Stage(context, tail);
        }

        private byte[] joined(int token) {
            byte[] more = context.bytes(token);
            byte[] all = Arrays.copyOf(tail, tail.length + more.length);
            System.arraycopy(more, 0, all, tail.length, more.length);
            return all;
        }

        private static boolean spells(byte[] text) {
            for (int at = 0; at + WORD.length <= text.length; at++) {
                if (Arrays.equals(WORD, 0, WORD.length, text, at, at + WORD.length)) {
                    return true;
                }
            }
            return false;
        }
    }
}
