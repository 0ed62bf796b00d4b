package ${package};

import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.backend.StepCheck;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Blueprint.Attention;
import java.util.List;

/** A loaded model. Called by one thread at a time; allocates nothing per token. */
final class PlainExecutor implements Executor {

    private static final int MOST_TOKENS = 256;

    private final Limits limits = Limits.of(MOST_TOKENS).withRollback(Limits.ANY_ROLLBACK);
    private final StepCheck check;
    private final Blueprint model;
    private final int context;
    private final float[] embedding;
    private final float[] outputNorm;
    private final float[] head;
    private final PlainLayer[] layers;
    /** The values of the token that is being computed, from layer to layer. */
    private final float[] stream;
    private boolean closed;

    PlainExecutor(Blueprint model, int context, Progress progress) {
        this.model = model;
        this.context = context;
        check = new StepCheck(model, context, limits);
        progress.update("loading weights", 0);
        embedding = PlainLayer.values(model.embedding());
        head = PlainLayer.values(model.head());
        outputNorm = PlainLayer.values(model.outputNorm().weight());
        layers = new PlainLayer[model.layers().size()];
        for (int i = 0; i < layers.length; i++) {
            layers[i] = new PlainLayer(model.layers().get(i), model.hiddenSize(), context);
            progress.update("loading weights", (i + 1.0) / (layers.length + 1));
        }
        stream = new float[model.hiddenSize()];
        progress.update("ready", 1);
    }

    /** Keys and values of one token in all layers. */
    static long valuesPerToken(Blueprint model) {
        return model.layers().stream().mapToLong(layer -> {
            Attention attention = (Attention) layer.mixer();
            return 2L * attention.kvHeads() * attention.headSize();
        }).sum();
    }

    @Override
    public Limits limits() {
        return limits;
    }

    @Override
    public Sequence newSequence() {
        open();
        float[][] keys = new float[layers.length][];
        float[][] values = new float[layers.length][];
        for (int i = 0; i < layers.length; i++) {
            keys[i] = new float[context * layers[i].keyWidth()];
            values[i] = new float[context * layers[i].keyWidth()];
        }
        return new PlainSequence(this, keys, values, 0);
    }

    @Override
    public Sequence newSequence(SequenceState state) {
        throw new UnsupportedOperationException("The plain backend exchanges no states.");
    }

    @Override
    public void forward(List<Step> steps) {
        open();
        // nothing is changed before everything is checked
        for (int i = 0; i < steps.size(); i++) {
            if (!(steps.get(i).sequence() instanceof PlainSequence sequence) || sequence.owner() != this) {
                throw new IllegalArgumentException("A step's sequence belongs to another model or backend.");
            }
            sequence.open();
        }
        check.check(steps);
        for (int i = 0; i < steps.size(); i++) {
            read(steps.get(i));
        }
    }

    private void read(Step step) {
        PlainSequence sequence = (PlainSequence) step.sequence();
        int rows = step.logitRows();
        for (int i = 0; i < step.length(); i++) {
            System.arraycopy(embedding, step.token(i) * stream.length, stream, 0, stream.length);
            for (int l = 0; l < layers.length; l++) {
                layers[l].compute(stream, sequence.keys(l), sequence.values(l), sequence.length());
            }
            sequence.grow();
            int row = rows - step.length() + i;
            if (row >= 0) {
                logits(step.logits(), row * model.vocabularySize());
            }
        }
    }

    private void logits(float[] into, int at) {
        PlainLayer.norm(stream, outputNorm, model.outputNorm().epsilon(), stream);
        for (int token = 0; token < model.vocabularySize(); token++) {
            float sum = 0;
            for (int i = 0; i < stream.length; i++) {
                sum += head[token * stream.length + i] * stream[i];
            }
            into[at + token] = sum;
        }
    }

    void open() {
        if (closed) {
            throw new IllegalStateException("This model has been closed.");
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
