/* The registry of models: one line each. */
X(gaussian)
X(double_well)
X(logistic)
X(plugin)
X(linear)
X(mlp)
X(cnn_lstm)
X(resnet20)
